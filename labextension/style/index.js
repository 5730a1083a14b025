import './base.css';
import './parts.css';
import './page.css';
import './slices.css';
import './storage.css';
import './merges.css';
import './live.css';
