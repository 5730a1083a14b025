import './base.css';
import './parts.css';
import './page.css';
